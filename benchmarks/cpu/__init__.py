"""What components cost the processor, beside the same markup by hand and in other systems: `make bench-cpu`."""
