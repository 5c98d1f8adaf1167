def form_feed():
    pass

def after():
	x = 1
	return x