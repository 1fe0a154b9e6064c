#!/bin/sh
# Copies the prebuilt files of GraphiQL and React, as published, into ../vendor. Needs npm. Nothing is compiled, so the
# same lock gives the same bytes; tests/http compares them with the digests in ../vendor/digests.txt.
set -eu
cd "$(dirname "$0")"
npm ci --silent
cp node_modules/react/umd/react.production.min.js ../vendor/react.js
cp node_modules/react-dom/umd/react-dom.production.min.js ../vendor/react-dom.js
# The maps named in the last line are not carried.
sed '/^\/\/# sourceMappingURL=/d' node_modules/graphiql/graphiql.min.js > ../vendor/graphiql.js
cp node_modules/graphiql/graphiql.min.css ../vendor/graphiql.css
node licences.mjs > ../vendor/licences.txt
rm -rf node_modules
cd ../vendor
sha256sum graphiql.css graphiql.js react-dom.js react.js > digests.txt
