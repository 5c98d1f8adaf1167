"""What a web server imports."""

from shop.app import create_app

application = create_app()
