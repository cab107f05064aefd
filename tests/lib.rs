//! Runs the samples of the guide and of the README.
