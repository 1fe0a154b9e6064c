"""Files as the record knows them: by digest, alone or as a folder with a manifest."""
