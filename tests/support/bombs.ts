const times = (count: number, text: string): string => text.repeat(count)
const numbered = (count: number, of: (number: number) => string): string =>
  Array.from({ length: count }, (_, number) => of(number)).join('')
const blanks = times(2_000, ' ')

/** Sources that took minutes, gigabytes or the process, and more of their kinds, each with what there is too much of. */
export const bombs: [string, string][] = [
  ['columns', '<table><tr><td colspan=900000000>a</td></tr></table>'],
  ['columns in every row', `<table>${times(5_000, '<tr><td colspan=1000 rowspan=1000>a')}</table>`],
  ['empty cells', `<table><tr>${times(9_000, '<td>a')}</tr>${times(9_000, '<tr><td>a')}</table>`],
  ['blanks in a colour', `<p style="color:rgb(1${blanks}1${blanks}1${blanks}1x)">a</p>`],
  ['letters in a property', `<p style="A${times(900_000, 'a')}">x</p>`],
  ['emphasis within emphasis', `${times(99, '<i><b>')}a`],
  ['emphasis of one kind', `${times(199, '<i>')}a`],
  ['emphasis beside emphasis', times(80_000, 'a<i>b</i>c')],
  ['formatting left open', `<p>${numbered(190, (id) => `<b id="${id}">`)}${times(83, '<div>x</div>')}`],
  ['lines in quotes', `${times(199, '<blockquote>')}${times(40_000, 'a<br>')}`],
  ['lines in lists', `${times(150, '<ul><li>')}${times(40_000, 'a<br>')}`],
  ['names of notes', `<i id="fn">\n\nx[^1]\n\n[^1]: a\n\n${numbered(40_000, (note) => `note${note} `)}`],
  ['commas in a srcset', times(100, `<img srcset="a${times(8_000, ',')}x">`)],
  ['comments in an address', `<a href="${times(100_000, '<!---->')}">x</a>`],
  ['images without an address', `${times(400_000, 'x')}${times(50_000, '<img>')}`],
  ['links to one long address', `[a]: /${times(400_000, 'x')}\n\n${times(50_000, '[a] ')}`],
  ['elements within elements', times(200_000, '<b>')],
  ['empty elements', times(90_000, '<b> </b>')],
  ['blanks', `<!--${times(900_000, ' ')}-->a`],
]
