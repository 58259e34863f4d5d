"""The checks of `make lint` that read sources: what neither rustfmt, clippy nor Cargo can say of this project."""
