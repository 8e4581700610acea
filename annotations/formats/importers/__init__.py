"""One small file for each format that articles come in."""
