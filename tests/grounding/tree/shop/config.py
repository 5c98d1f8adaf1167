"""Settings of the shop."""

import os

DEFAULT_PATH = "settings.toml"
MAX_ITEMS = 500
RETRY_DELAYS = (1, 5, 30)


class Config:
    """Settings as the application reads them."""

    def __init__(self, path=DEFAULT_PATH, debug=False):
        """Remember where the settings are."""
        self.path = path
        self.debug = debug
        self.timeout = 12.5

    def page_size(self, fallback=25):
        """Give the number of items on a page."""
        value = os.environ.get("SHOP_PAGE_SIZE", fallback)
        return int(value)


def load_config(path=DEFAULT_PATH, *, strict=True):
    """Make the settings, and insist on the file if asked to."""
    if strict and not os.path.exists(path):
        raise FileNotFoundError(path)
    return Config(path)
