//! The HTTP server, with real sockets.
