// Talos's own code as of 1.2: its module under the name that it had then. It knows no second document,
// no deletion and no VLAN by its ID; everything else of the merge is as it is now.
package main

import (
	"github.com/talos-systems/talos/pkg/machinery/config"
	"github.com/talos-systems/talos/pkg/machinery/config/configloader"
	"github.com/talos-systems/talos/pkg/machinery/config/configpatcher"
	"github.com/talos-systems/talos/pkg/machinery/config/encoder"
)

// metal is the mode of `talosctl validate -m metal`.
type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return false }
func (metal) InContainer() bool     { return false }

// merge does what `talosctl machineconfig patch` does.
func merge(input string, texts []string) ([]byte, error) {
	loaded, err := configloader.NewFromBytes([]byte(input))
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
	output, err := configpatcher.Apply(configpatcher.WithConfig(loaded), patches)
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
	loaded, err := configloader.NewFromBytes(text)
	if err != nil {
		return nil, err
	}
	return loaded.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
}

func validate(text []byte) string {
	loaded, err := configloader.NewFromBytes(text)
	if err != nil {
		return err.Error()
	}
	if _, err := loaded.Validate(metal{}, config.WithLocal()); err != nil {
		return err.Error()
	}
	return ""
}
