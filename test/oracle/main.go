// The oracle: what Talos's own code makes of each case of the corpus.
//
// Usage: oracle CORPUS GOLDEN MODULE-VERSION. For every case it loads the input, applies the patches
// and validates the result with github.com/siderolabs/talos/pkg/machinery, and says whether the
// expectation of the case, written by the same encoder, is the same.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
	"go.yaml.in/yaml/v4"
)

// testCase is a file of the corpus.
type testCase struct {
	Why     string   `yaml:"why"`
	Role    string   `yaml:"role"`
	Input   string   `yaml:"input"`
	Patches []string `yaml:"patches"`
	Expect  string   `yaml:"expect"`
	Talos   string   `yaml:"talos"`
	Error   string   `yaml:"error"`
	Invalid string   `yaml:"invalid"`
}

// answer is what Talos says of a case.
type answer struct {
	// Agrees: the result, or the error, is the one that the case expects of Talos.
	Agrees bool `json:"agrees"`
	// Merged is Talos's result, without comments.
	Merged string `json:"merged,omitempty"`
	// Error of loading or patching.
	Error string `json:"error,omitempty"`
	// Invalid is what the validation of the result says.
	Invalid string `json:"invalid,omitempty"`
}

type golden struct {
	Module  string            `json:"module"`
	Version string            `json:"version"`
	Answers map[string]answer `json:"answers"`
}

// metal is the mode of `talosctl validate -m metal`.
type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return false }
func (metal) InContainer() bool     { return false }

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: oracle CORPUS GOLDEN MODULE-VERSION")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(corpus, target, version string) error {
	files, err := filepath.Glob(filepath.Join(corpus, "*.yaml"))
	if err != nil {
		return err
	}
	result := golden{
		Module:  "github.com/siderolabs/talos/pkg/machinery",
		Version: version,
		Answers: map[string]answer{},
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var given testCase
		if err := yaml.Unmarshal(text, &given); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		result.Answers[name] = ask(given)
		if !result.Answers[name].Agrees {
			fmt.Printf("%s: Talos says otherwise\n", name)
		}
	}
	encoded, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(target, append(encoded, '\n'), 0o644)
}

func ask(given testCase) answer {
	merged, err := merge(given.Input, given.Patches)
	if err != nil {
		agrees := given.Error != "" && strings.Contains(err.Error(), given.Error)
		return answer{Agrees: agrees, Error: err.Error()}
	}
	expected := given.Expect
	if given.Talos != "" {
		expected = given.Talos
	}
	wanted, err := normal([]byte(expected))
	if err != nil {
		return answer{Merged: string(merged), Error: "expectation: " + err.Error()}
	}
	said := validate(merged)
	return answer{
		Agrees:  given.Error == "" && bytes.Equal(wanted, merged) && strings.Contains(said, given.Invalid),
		Merged:  string(merged),
		Invalid: said,
	}
}

// merge does what `talosctl machineconfig patch` does.
func merge(input string, texts []string) ([]byte, error) {
	config, err := configloader.NewFromBytes([]byte(input))
	if err != nil {
		return nil, err
	}
	patches := make([]configpatcher.Patch, 0, len(texts))
	for _, text := range texts {
		patch, err := configpatcher.LoadPatch([]byte(text))
		if err != nil {
			return nil, err
		}
		patches = append(patches, patch)
	}
	output, err := configpatcher.Apply(configpatcher.WithConfig(config), patches)
	if err != nil {
		return nil, err
	}
	merged, err := output.Bytes()
	if err != nil {
		return nil, err
	}
	return normal(merged)
}

// normal is a configuration as Talos writes it: defaults, order and quotes are the same in all.
func normal(text []byte) ([]byte, error) {
	config, err := configloader.NewFromBytes(text)
	if err != nil {
		return nil, err
	}
	return config.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
}

func validate(text []byte) string {
	config, err := configloader.NewFromBytes(text)
	if err != nil {
		return err.Error()
	}
	if _, err := config.ValidateAsClient(metal{}, validation.WithLocal()); err != nil {
		return err.Error()
	}
	return ""
}
