"""The web application."""

from flask import Flask, jsonify, request

from .config import load_config
from .errors import ShopError
from .prices import total
from .store import Store

app = Flask(__name__)
store = Store({"pen": 3})


def create_app(path="settings.toml"):
    """Configure the application."""
    config = load_config(path, strict=False)
    app.config["PAGE_SIZE"] = config.page_size()
    return app


@app.route("/items/<name>", methods=["GET"])
def show_item(name):
    """Say how many there are of an item."""
    return jsonify({"name": name, "count": store.count(name)})


@app.route("/items/<name>/take", methods=["POST"])
def take_item(name):
    """Take an item out."""
    amount = int(request.args.get("amount", "1"))
    store.take(name, amount)
    return jsonify({"status": "taken"}), 202


@app.get("/total")
def show_total():
    """Add up the prices that the request has."""
    prices = [int(price) for price in request.args.getlist("price")]
    return jsonify({"total": total(prices)})


@app.errorhandler(ShopError)
def on_error(error):
    """Answer with the status of an error."""
    return jsonify({"error": str(error)}), error.status
