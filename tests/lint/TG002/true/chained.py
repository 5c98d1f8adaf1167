import requests as web


def page(url):
    return web.get(url, timeout=5).text  # found
