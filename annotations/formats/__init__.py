"""Other people's formats: importers read them, exporters write them; neither knows a database."""
