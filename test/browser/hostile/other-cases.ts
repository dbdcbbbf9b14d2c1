/** Everything else that a program or a study puts on the page. */
import katex from 'katex';
import MarkdownIt from 'markdown-it';
import { display, markdown, output, source, type HostileCase } from './case.js';

const IMAGE = '<img src=x onerror=HIT>';

const careless = new MarkdownIt({ html: true });
careless.validateLink = () => true;

const markdownOutput = (name: string, text: string): HostileCase => ({
  name: `Markdown of a program: ${name}`,
  cells: [display({ 'text/markdown': text })],
  bare: careless.render(text),
});

const task = (name: string, text: string): HostileCase => ({
  name: `Markdown of a task: ${name}`,
  cells: [markdown(text)],
  bare: careless.render(text),
});

const svg = (name: string, content: string): HostileCase => {
  const whole = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="99" height="99">${content}</svg>`;
  return { name: `SVG: ${name}`, cells: [display({ 'image/svg+xml': whole })], bare: whole };
};

const latex = (name: string, tex: string): HostileCase => ({
  name: `LaTeX: ${name}`,
  cells: [display({ 'text/latex': `$${tex}$` })],
  bare: katex.renderToString(tex, { trust: true, strict: false, output: 'html' }),
});

/** As text, where a careless page writes it into its HTML. */
const text = (name: string, cell: HostileCase['cells'][number], bare = IMAGE): HostileCase => ({
  name: `text: ${name}`,
  cells: [cell],
  bare,
});

const stream = (content: string) => output({ output_type: 'stream', name: 'stdout', text: content });

export const otherCases: readonly HostileCase[] = [
  markdownOutput('HTML', IMAGE),
  markdownOutput('javascript link', '[x](javascript:HIT)'),
  markdownOutput('javascript link by reference', '[x][r]\n\n[r]: javascript:HIT'),
  markdownOutput('javascript link in angle brackets', '<javascript:HIT>'),
  markdownOutput('image from elsewhere', '![x](TRAP)'),
  markdownOutput('block of HTML', '<div>\n<script>HIT</script>\n</div>'),
  markdownOutput(
    'title of a link',
    `[x](https://example.org "' onmouseover=HIT x='")<b title='' onmouseover=HIT>x</b>`,
  ),
  task('script', 'Text.\n\n<script>HIT</script>'),
  task('image with onerror', `Text ${IMAGE}`),
  task('javascript link', '[x](javascript:HIT)'),
  task('frame', '<iframe srcdoc="<script>HIT</script>"></iframe>'),
  task('style', '<style>@import url("TRAP");</style>'),
  task('image from elsewhere', '![x](TRAP)'),
  task('form', '<form action="TRAP"><button>x</button></form>'),
  { ...task('mathematics', '$\\href{javascript:HIT}{x}$'), bare: '<a href="javascript:HIT">x</a>' },
  { ...task('source of mathematics', `$${IMAGE}$`), bare: IMAGE },
  svg('onload', '<set attributeName="x" onbegin="HIT"/>'),
  svg('script', '<script>HIT</script>'),
  svg('image from elsewhere', '<image href="TRAP" width="9" height="9"/>'),
  svg('style', '<style>@import url("TRAP");</style>'),
  svg(
    'foreign object',
    '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:HIT"></iframe></foreignObject>',
  ),
  svg('link', '<a xlink:href="javascript:HIT"><text x="20" y="20">x</text></a>'),
  svg('handler in a group', '<g onmouseover="HIT"><text x="20" y="20">x</text></g>'),
  { name: 'SVG: that is none', cells: [display({ 'image/svg+xml': IMAGE })], bare: IMAGE },
  latex('link', '\\href{javascript:HIT}{x}'),
  latex('address', '\\url{javascript:HIT}'),
  latex('picture', '\\includegraphics{TRAP}'),
  latex('style', '\\htmlStyle{background-image:url(TRAP)}{x}'),
  latex('id', '\\htmlId{clobbered%NUMBER}{x}'),
  { ...latex('class', '\\htmlClass{cover%NUMBER}{x}') },
  { ...latex('text', '\\text{x}'), cells: [display({ 'text/latex': `$\\text{${IMAGE}}$ ${IMAGE}` })], bare: IMAGE },
  text('stream', stream(IMAGE)),
  text('stream in colours', stream(`\x1b[31m${IMAGE}\x1b[0m`)),
  text(
    'link of a terminal',
    stream('\x1b]8;;javascript:HIT\x07click\x1b]8;;\x07'),
    '<a href="javascript:HIT">click</a>',
  ),
  text('parameters of a colour', stream('\x1b[31;"onmouseover=HIT;"mx'), '<b class="ansi-31;"onmouseover=HIT;"">x</b>'),
  text('title of a terminal', stream(`\x1b]0;${IMAGE}\x07`)),
  text('name of a stream', output({ output_type: 'stream', name: IMAGE, text: 'x' })),
  text('name of an error', output({ output_type: 'error', ename: IMAGE, evalue: '', traceback: [] })),
  text('value of an error', output({ output_type: 'error', ename: 'E', evalue: IMAGE, traceback: [] })),
  text('traceback', output({ output_type: 'error', ename: 'E', evalue: '', traceback: [`\x1b[31m${IMAGE}`] })),
  text('result', display({ 'text/plain': IMAGE })),
  text('kind of a display', display({ [IMAGE]: 'x' })),
  text('kind of an output', output({ output_type: IMAGE })),
  text('name in JSON', display({ 'application/json': { [IMAGE]: { [IMAGE]: IMAGE } } })),
  text('value in JSON', display({ 'application/json': [IMAGE] })),
  text('alternative of a picture', display({ 'image/png': 'x' }, { 'image/png': { alt: `">${IMAGE}` } })),
  text(
    'bytes of a picture',
    display({ 'image/png': 'x" onerror="HIT' }),
    '<img src="data:image/png;base64,x" onerror="HIT">',
  ),
  text(
    'size of a picture',
    display({ 'image/png': 'x' }, { 'image/png': { width: `9" onerror="HIT` } }),
    '<img src="x" width="9" onerror="HIT">',
  ),
  text('code in the editor', source(IMAGE)),
  {
    name: 'JSON: prototype',
    cells: [
      display(
        JSON.parse(
          '{"application/json":{"__proto__":{"clobbered%NUMBER":1}},"__proto__":{"clobbered%NUMBER":1}}',
        ) as object as Record<string, unknown>,
      ),
    ],
    bare: `<script>
      const merge = (into, from) => { for (const key in from) typeof from[key] === 'object' ? merge(into[key] ??= {}, from[key]) : (into[key] = from[key]); };
      merge({}, JSON.parse('{"__proto__":{"clobbered%NUMBER":1}}'));
    </script>`,
  },
  {
    name: 'script: application/javascript',
    cells: [display({ 'application/javascript': 'HIT' })],
    bare: '<script>HIT</script>',
  },
  { name: 'script: text/javascript', cells: [display({ 'text/javascript': 'HIT' })], bare: '<script>HIT</script>' },
  {
    name: 'script: of a plotting library',
    cells: [
      display({
        'application/vnd.bokehjs_exec.v0+json': '',
        'application/javascript': 'HIT',
        'text/html': '<div id=b></div><script>HIT</script>',
      }),
    ],
    bare: '<script>HIT</script>',
  },
  text('widget', display({ 'application/vnd.jupyter.widget-view+json': { model_id: IMAGE }, 'text/plain': IMAGE })),
];
