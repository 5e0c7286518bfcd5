import fc from 'fast-check'
import { oddHtml, oddMarkdown } from './markup.ts'

const run = 'pwned=1'
const img = `<img src=x onerror=${run}>`
const link = 'javascript:pwned=1'

/** Where two readers of HTML disagree on where text ends and markup begins. */
const disagreements = [
  `<noscript><p title="</noscript>${img}">`,
  `<noscript><style></noscript>${img}</style></noscript>`,
  `<style><style /><a title="</style>${img}">`,
  `<svg></p><style><a id="</style>${img}">`,
  `<svg><style><img title="</style>${img}"></style></svg>`,
  `<svg><p><style><!--</style>${img}--></style>`,
  `<svg><desc><noscript>${img}</noscript></desc></svg>`,
  `<svg><foreignObject><math><mi><p><style><a title="</style>${img}">`,
  `<svg><title><style><a id="</style></title>${img}">`,
  `<svg><![CDATA[<a title="]]>${img}">`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;${img.replaceAll('<', '&lt;')}">`,
  `<math><mtext><table><mglyph><style><math><img src onerror=${run}>`,
  `<math><annotation-xml encoding="text/html"><style>${img}</style></annotation-xml></math>`,
  `<form><math><mtext></form><form><mglyph><style></math>${img}`,
  `<math><mi><table><mi><mglyph><svg><mtext><style><path id="</style>${img}">`,
  `<table><caption><svg><title><style></title>${img}</style>`,
  `<select><option><style></option></select>${img}</style>`,
  `<select><template><style></template>${img}</style></select>`,
  `<template><s><template><s>${img}</s></template></s></template>`,
  `<div><template shadowrootmode=open>${img}</template></div>`,
  `<xmp><p title="</xmp>${img}">`,
  `<noembed><p title="</noembed>${img}">`,
  `<noframes><p title="</noframes>${img}">`,
  `<iframe><p title="</iframe>${img}"></iframe>`,
  `<iframe src="https://www.youtube.com/embed/x"><p title="</iframe>${img}"></iframe>`,
  `<iframe src="https://www.youtube.com/embed/x">&lt;/iframe>${img}</iframe>`,
  `<textarea><p title="</textarea>${img}">`,
  `<title><p title="</title>${img}">`,
  `<plaintext>${img}`,
  `<listing>&lt;img onerror="${run}" src=x></listing>`,
  `<pre>\n\n&lt;img onerror="${run}" src=x></pre>`,
  `<video><style></video>${img}</style></video>`,
  `<audio><noscript></audio>${img}</noscript></audio>`,
  ...['--!>', '-->', '--><!-->', '<!-->', '->', '>', '--\n>', '--&gt;'].flatMap((end) => [
    `<!--${end}${img}`,
    `<!-- <p title="${end}${img}">-->`,
    `<!--more${end}${img}-->`,
  ]),
  `<!--><script>${run}</script>-->`,
  `<!---><script>${run}</script>-->`,
  `<!doctype html "><script>${run}</script>">`,
  `<?xml version="1.0" ><script>${run}</script>?>`,
  `<?php echo "?>${img}" ?>`,
  `<%= ">${img}" %>`,
  `</ p title=">${img}">`,
  `</p title=">${img}">`,
  `<![CDATA[${img}]]>`,
  `<p <script>${run}</script>`,
  `<p title='">${img}' title=">${img}">`,
  `<p title="\`>${img}">`,
  `<p title=\`${img}\`>`,
  `<p =">${img}">`,
  `<p/title/=">${img}"/>`,
  `<a href="x\0" onclick=${run}>a</a>`,
  `<scr\0ipt>${run}</scr\0ipt>`,
  `<scr<script>ipt>${run}</scr</script>ipt>`,
  `<script/x>${run}</script/x>`,
  `<script\u000b>${run}</script\u000b>`,
  `<script>/*</script>*/${run}</script>`,
  `<script><!--<script></script>${run}--></script>`,
  `<img src="x\`onerror=${run}//">`,
  `<img alt="\`\`onerror=${run}" src=x>`,
  `&lt;script&gt;${run}&lt;/script&gt;`,
  `&amp;lt;script&amp;gt;${run}&amp;lt;/script&amp;gt;`,
  `&ltscript>${run}&lt/script>`,
  `\uff1cscript\uff1e${run}\uff1c/script\uff1e`,
  `<\u017fcript>${run}</\u017fcript>`,
  `<\u212Abd onclick=${run}>k</\u212Abd>`,
  `<a><b><a></b></a><p></a></b>${img}`,
  `<a href=/1><table><a href=/2>x</table>y`,
  `<table><a href=/1><tr><td><a href=/2>x</table>${img}`,
  `<b><p></b><i></p></i><table><b><tr><i></table>`,
  `<p><table><p></table></p><select><p></select>`,
]

/** What runs, loads, sends or covers as it stands. */
const plain = [
  `<script>${run}</script>`,
  `<script src="//elsewhere.example/x.js"></script>`,
  `<link rel=stylesheet href="//elsewhere.example/x.css"><link rel=import href="data:text/html,x">`,
  `<meta http-equiv=refresh content="0;url=${link}"><meta http-equiv=content-security-policy content="img-src *">`,
  `<base href="${link}//"><a href="x">x</a>`,
  `<base target=_blank href="//elsewhere.example/">`,
  `<form action="${link}"><button formaction="${link}" autofocus onfocus=${run}>x</button><input type=image src=x onerror=${run}></form>`,
  `<input name=attributes><form id=x><input name=parentNode><input name=nodeName></form>${img}`,
  `<a id=x><a id=x name=y href="${link}">`,
  `<isindex action="${link}" type=image>`,
  `<object data="${link}"></object><embed src="${link}"><applet code=x>`,
  `<object type=text/html data="data:text/html,<script>${run}</script>">`,
  `<embed src="//www.youtube.com/v/abcdefg?${link}"><embed src="//www.youtube.com/v/abcdefgh">`,
  `<iframe srcdoc="<script>parent.pwned=1</script>"></iframe><iframe src="${link}"></iframe>`,
  `<iframe src="//www.youtube.com@elsewhere.example/"></iframe><iframe src="//www.youtube.com\\@elsewhere.example/">`,
  `<iframe src="http:www.youtube.com/x"></iframe><iframe src="https:/\\www.youtube.com/x" srcdoc=x></iframe>`,
  `<iframe src="//www.youtube.com:8080/x" allow="camera *; autoplay"></iframe><frameset><frame src="${link}">`,
  `<svg onload=${run}><animate onbegin=${run} attributeName=x dur=1s><set attributeName=href to="${link}">`,
  `<svg><a xlink:href="${link}"><text y=9>x</text></a><use href="data:image/svg+xml,<svg id=x onload=${run}>#x">`,
  `<svg><script>${run}</script><script href="data:,${run}"/><image href=x onerror=${run}></svg>`,
  `<math href="${link}"><maction actiontype=statusline xlink:href="${link}">x</maction></math>`,
  `<details open ontoggle=${run}><summary>x</summary></details><video><source onerror=${run}></video>`,
  `<video src=x onerror=${run} poster="${link}"></video><audio src=x onerror=${run}></audio><track src="${link}">`,
  `<body onload=${run}><html onmouseover=${run}><marquee onstart=${run}>x</marquee>`,
  `<div style="position:fixed;inset:0;background:url(${link})" onclick=${run} contenteditable autofocus onfocus=${run}>`,
  `<p style="color:red;/*/*/position:fixed/**/;width:expression(${run})">`,
  `<p style="color:r\\65 d;p\\6fsition:fixed;background:u\\72l(//elsewhere.example)">`,
  `<p style="font-family:'a;position:fixed'"><p style='font-family:"a;position:fixed'><p style="color:red}p{position:fixed">`,
  `<style>@import "//elsewhere.example/x.css";*{background:url(//elsewhere.example/y)}</style>`,
  `<img src="/a" srcset="${link} 1x, data:image/svg+xml,x 2x, /b\t3x,,,//elsewhere.example/c 4x">`,
  `<picture><source srcset="${link}" media=all><img src=/a></picture><img sizes="1px" srcset="a,${link}">`,
  `<img src="data:image/svg+xml;base64,PHN2Zy8+"><img src="data:image/png;base64,\t iVBOR=">`,
  `<img src="data:image/png;base64,x,text/html,<script>${run}</script>" lowsrc="${link}" dynsrc="${link}">`,
  `<a href="/x" ping="${link}" target=_blank attributionsrc=x>x</a><a href=/x target=" _self">y</a><a href=/x target=x>z</a>`,
  `<p data-on-click=${run} hx-on:click=${run} x-init=${run} @click=${run} :title=${run} v-html=x ng-init=${run}>`,
  `<p is=x-y slot=z part=q popover itemprop=x accesskey=x tabindex=1 hidden inert draggable=true>`,
  `<dialog open onclose=${run}>x</dialog><button popovertarget=x>x</button><menu><label for=y>l</label></menu>`,
  `<a href="data:text/html;charset=utf-8,<script>${run}</script>">x</a><a href="blob:http://x/y">y</a>`,
  `<a href="view-source:javascript:1">x</a><a href="filesystem:http://x/">x</a><a href="intent://x#Intent;end">x</a>`,
  `<a href="jar:http://x!/">x</a><a href="ms-word:ofe|u|http://x">x</a><a href="feed:javascript:1">x</a>`,
  `<q cite="${link}"><blockquote cite="${link}"><ins cite="vbscript:x">x</ins><img longdesc="${link}" src=/a>`,
  `<table background="${link}"><tr background="${link}"><td background="${link}" nowrap onclick=${run}>x</table>`,
]

const schemes = [
  'javascript:',
  'JaVaScRiPt:',
  'java\tscript:',
  'java\nscript:',
  '\u0001javascript:',
  ' javascript:',
  'javascript\t:',
  'java&Tab;script:',
  'javascript&colon;',
  '&#106;avascript:',
  '&#0000106avascript:',
  '&#x6A;avascript:',
  'java\u00adscript:',
  'java&#xFDD0;script:',
  'java&#x110000;script:',
  'java&#xD800;script:',
  'java&#0;script:',
  'java&ZeroWidthSpace;script:',
  '\u00a0javascript:',
  '\ufeffjavascript:',
  '&#65279;javascript:',
  '\u3000javascript:',
  'java\u0131script:',
  '\u200ejavascript:',
  '\\javascript:',
  './javascript:',
  'x:javascript:',
  'https:javascript:',
  '//javascript:',
  'javascript\uff1a',
  'data:text/html,',
  'vbscript:',
]
const addressed = schemes.flatMap((scheme) => [
  `<a href="${scheme}pwned=1">x</a>`,
  `<a href='${scheme}pwned=1' target=_blank>x</a><img src="${scheme}pwned=1"><video src="${scheme}1" poster="${scheme}1">`,
])

/** Known ways past a sanitiser, as HTML. */
export const hostileHtml: string[] = [...disagreements, ...plain, ...addressed]

/** And as Markdown, whose own syntax makes links, images and attributes of them. */
export const hostileMarkdown: string[] = [
  ...schemes.flatMap((scheme) => [
    `[x](${scheme}pwned=1) ![y](<${scheme}pwned=1>) <${scheme}pwned=1>`,
    `[x][r] ![y][r]\n\n[r]: <${scheme}pwned=1> 't" onclick="${run}'`,
  ]),
  `[x](/a '" onclick="${run}"') ![" onerror="${run}](/b "' onerror='${run}")`,
  `![<img src=x onerror=${run}>](/b) [${img}](/c)`,
  `\`${img}\` \`\` </code>${img} \`\``,
  `\`\`\`"onclick="${run}\n</code></pre>${img}\n\`\`\``,
  `~~~ ${img}\n${img}\n~~~`,
  `a[^${img}]\n\n[^${img}]: ${img}`,
  `| ${img} | " |\n| --- | --- |\n| </td>${img} | <script>${run}</script>`,
  `<div markdown="1">\n\n${img}\n\n</div>\n\n<!-- **x** -->${img}`,
  `<b title="\n\n${img}\n\n">x</b>`,
  `> <style>\n\n</style>${img}`,
  `{:onclick="${run}"}\n{::nomarkdown}${img}{:/}`,
  '<https://a.example/"onclick="pwned=1> <a@b.example"onclick=pwned=1>',
]

const cut = (text: string, at: number): [string, string] => {
  const place = Math.floor(at * text.length)
  return [text.slice(0, place), text.slice(place)]
}

const part = fc.double({ min: 0, max: 1, noNaN: true })

/** One within another, or the beginning of one before the end of another: what no list of vectors has. */
const crossed = (known: string[], odd: fc.Arbitrary<string>): fc.Arbitrary<string> => {
  const one = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: odd })
  return fc.oneof(
    odd,
    fc.tuple(one, part, one).map(([around, at, within]) => cut(around, at).join(within)),
    fc.tuple(one, part, one, part).map(([a, x, b, y]) => cut(a, x)[0] + cut(b, y)[1]),
    fc.tuple(odd, one, odd).map((parts) => parts.join('')),
  )
}

export const anyHostileHtml: fc.Arbitrary<string> = crossed(hostileHtml, oddHtml)
export const anyHostileMarkdown: fc.Arbitrary<string> = crossed(
  [...hostileHtml, ...hostileMarkdown],
  oddMarkdown,
)
