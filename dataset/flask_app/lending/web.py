"""The web service."""

from datetime import date

from flask import Blueprint, Flask, current_app, jsonify, request

from .errors import LendingError
from .fees import parse_date
from .store import LoanStore, default_tools

api = Blueprint("api", __name__, url_prefix="/api")


def create_app(store=None):
    """Makes the application, with a store of its own unless one is given."""
    app = Flask(__name__)
    app.config["STORE"] = store or LoanStore.from_environment(default_tools())
    app.register_blueprint(api)
    app.register_error_handler(LendingError, handle_error)
    return app


def handle_error(error):
    """Answers with the message of an error and its status."""
    return jsonify(error=str(error)), error.status


@api.route("/tools")
def list_tools():
    """Lists the tools and says which are lent."""
    store = current_app.config["STORE"]
    return jsonify([{"name": name, "lent": name in store.loans} for name in store.tools])


@api.route("/loans", methods=["POST"])
def lend_tool():
    """Lends a tool."""
    wanted = request.get_json()
    begin = parse_date(wanted["begin"]) if "begin" in wanted else date.today()
    store = current_app.config["STORE"]
    loan = store.lend(wanted["tool"], wanted["member"], begin, int(wanted.get("days", 7)))
    return jsonify(loan.as_dict()), 201


@api.delete("/loans/<name>")
def return_tool(name):
    """Takes a tool back and states the fee."""
    fee = current_app.config["STORE"].take_back(name, date.today())
    return jsonify(fee=fee)
