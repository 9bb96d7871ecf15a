/** A hundred texts that would run, navigate or break out where a page put them in as anything but text. */

const MARK = 'window.__owned=1'

const TAGS = [
  `<img src=x onerror=${MARK}>`,
  `<svg onload=${MARK}>`,
  `"><img src=x onerror=${MARK}>`,
  `'><svg onload=${MARK}>`,
  `<script>${MARK}</script>`,
  `</script><script>${MARK}</script>`,
  `<iframe srcdoc="<script>parent.__owned=1</script>">`,
  `<a href="javascript:${MARK}">x</a>`,
  `<details open ontoggle=${MARK}>`,
  `<body onload=${MARK}>`,
  `<input autofocus onfocus=${MARK}>`,
  `<video><source onerror=${MARK}></video>`,
  `<math><mtext></mtext><style><img src=x onerror=${MARK}>`,
  `<template><img src=x onerror=${MARK}></template>`,
  `<style>@import 'data:,x'</style>`,
  `<meta http-equiv=refresh content="0;url=javascript:${MARK}">`,
  `<form action="javascript:${MARK}"><button>x`,
  `<base href="//example.invalid/">`,
  `<object data="data:text/html,x">`,
  `<link rel=stylesheet href=data:,x>`,
]

const BARE = [
  `javascript:${MARK}`,
  `data:text/html,<script>${MARK}</script>`,
  `\${${MARK}}`,
  `{{constructor.constructor('${MARK}')()}}`,
  `#{${MARK}}`,
  `";${MARK};"`,
  `');${MARK};('`,
  `\`\${${MARK}}\``,
  `' onmouseover=${MARK} x='`,
  `" autofocus onfocus=${MARK} x="`,
  `__proto__`,
  `constructor`,
  `[object Object]`,
  `null`,
  `-1`,
  `%3Cscript%3E${MARK}`,
  `&lt;script&gt;${MARK}`,
  `\u202Egnp.exe`,
  `\u200Bzero\u200Bwidth`,
  `👩‍👩‍👧‍👦 é̂̃`,
]

const AROUND: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `a ${text}`,
  (text) => `${text}${text}`.slice(0, 120),
  (text) => `=${text}`,
  (text) => `x'"${text}`,
]

/** All different; none longer than 160 characters. */
export const HOSTILE: readonly string[] = [...new Set(AROUND.flatMap((around) => [...TAGS, ...BARE].map(around)))]
  .filter((text) => text.length <= 160)
  .slice(0, 100)
