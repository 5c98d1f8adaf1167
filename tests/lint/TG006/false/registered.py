def routes(app):
    @app.get("/")
    def home():
        return "home"

    return app
