/*
 * Ends with one sentence where Node.js is too old. Plain old JavaScript: every Node.js must be
 * able to parse it, so nothing here is newer than ES5.
 */
'use strict'

var NEEDED = [22, 18]

var found = /^v(\d+)\.(\d+)/.exec(process.version) || ['', '0', '0']
var major = Number(found[1])
var minor = Number(found[2])

if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(
    'Tributary needs Node.js ' +
      NEEDED.join('.') +
      ' or newer and this is ' +
      process.version +
      ': install Node.js 24 from https://nodejs.org, or, in a clone of the repository, run "npm ci" and start it with "npm start".'
  )
  process.exit(1)
}
