// The oracle: what Talos's own code makes of each case of the corpus.
//
// Usage: oracle CORPUS GOLDEN MODULE MODULE-VERSION. For every case it loads the input, applies the
// patches and validates the result with Talos's own module (talos.go beside it: one for each age of
// Talos that can be asked), and says whether the expectation of the case, written by the same encoder,
// is the same.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
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

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: oracle CORPUS GOLDEN MODULE MODULE-VERSION")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(corpus, target, module, version string) error {
	files, err := filepath.Glob(filepath.Join(corpus, "*.yaml"))
	if err != nil {
		return err
	}
	result := golden{
		Module:  module,
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
