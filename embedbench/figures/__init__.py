"""Pictures for papers and terminals: PNG, SVG and PDF by matplotlib, readable in black and white."""
