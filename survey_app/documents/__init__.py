"""Documents that leave the platform: frozen values in, bytes out."""
