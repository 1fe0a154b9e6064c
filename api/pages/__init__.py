"""Pages for people: GraphiQL, the documents and their files, none of which needs anything from elsewhere."""
