password = "hunter22"  # found
api_token = "3f8a91c04d"  # found
