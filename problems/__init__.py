"""What is decided: case files and their validation, components, uncertainty and the two-stage form."""
