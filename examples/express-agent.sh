#!/bin/sh
# Plays a coding agent on expressjs/express: makes the edit that the prompt names. Its argument is the prompt's file.
# The first try of `isget` is wrong on purpose: the gate finds it, and the second try, told so, repairs it.
set -eu

case "$(head -n 1 "$1")" in
*noStore*)
  cat >> lib/response.js <<'JS'

/**
 * Forbid caching of this response.
 *
 * @return {ServerResponse}
 * @public
 */

res.noStore = function noStore() {
  return this.set('Cache-Control', 'no-store');
};
JS
  cat > test/res.noStore.js <<'JS'
'use strict'

var express = require('..')
var request = require('supertest')

describe('res.noStore()', function () {
  it('should set Cache-Control', function (done) {
    var app = express()
    app.use(function (req, res) { res.noStore().end() })
    request(app).get('/').expect('Cache-Control', 'no-store').expect(200, done)
  })
})
JS
  git add -A
  git commit -qm "feat: res.noStore()"
  ;;
*isGet*)
  if grep -q 'What went wrong' "$1"; then
    sed "s/return this.method !== 'GET'/return this.method === 'GET'/" lib/request.js > request.new
    mv request.new lib/request.js
    git commit -qam "fix: req.isGet"
  else
    cat >> lib/request.js <<'JS'

/**
 * Whether the request was made with GET.
 *
 * @return {Boolean}
 * @public
 */

defineGetter(req, 'isGet', function isGet() {
  return this.method !== 'GET';
});
JS
    cat > test/req.isGet.js <<'JS'
'use strict'

var express = require('..')
var request = require('supertest')

describe('req.isGet', function () {
  it('should be true for GET', function (done) {
    var app = express()
    app.use(function (req, res) { res.end(String(req.isGet)) })
    request(app).get('/').expect('true', done)
  })
})
JS
    git add -A
    git commit -qm "feat: req.isGet"
  fi
  ;;
*History*)
  printf '%s\n' '# Unreleased additions' '' '* `res.noStore()` and `req.isGet`' '' | cat - History.md > History.new
  mv History.new History.md
  git commit -qam 'docs: mention res.noStore() and req.isGet'
  ;;
*)
  echo 'this script knows no such task' >&2
  exit 1
  ;;
esac
