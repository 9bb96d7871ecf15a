#!/usr/bin/env node
'use strict'

require('./require-node.cjs')

var fs = require('node:fs')
var path = require('node:path')
var url = require('node:url')

// The published package carries compiled JavaScript only (Node.js strips no types inside node_modules); a clone runs
// from source unless somebody built it.
var compiled = path.join(__dirname, '..', 'dist', 'cli', 'tributary.js')
var source = path.join(__dirname, '..', 'src', 'cli', 'tributary.ts')

import(url.pathToFileURL(fs.existsSync(compiled) ? compiled : source).href).catch(function (error) {
  console.error(error)
  process.exitCode = 1
})
