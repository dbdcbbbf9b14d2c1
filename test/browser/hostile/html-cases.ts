/** HTML that a program displays; a careless page puts it into itself as it is. */
import { display, type HostileCase } from './case.js';

const html = (name: string, payload: string): HostileCase => ({
  name: `HTML: ${name}`,
  cells: [display({ 'text/html': payload, 'text/plain': 'plain' })],
  bare: payload,
});

/** Harmless when parsed first, hostile when the result is written out and parsed again. */
const mutation = (name: string, payload: string): HostileCase => ({
  ...html(`mutation by ${name}`, payload),
  bare: `<script>
    const first = new DOMParser().parseFromString(${JSON.stringify(payload).replaceAll('<', '\\u003c')}, 'text/html');
    document.addEventListener('DOMContentLoaded', () => (document.body.innerHTML = first.body.innerHTML));
  </script>`,
});

export const htmlCases: readonly HostileCase[] = [
  html('script', '<script>HIT</script>'),
  html('script in mixed case', '<ScRiPt>HIT</sCrIpT>'),
  html('module script', '<script type=module>HIT</script>'),
  html('script from elsewhere', '<script src="TRAP"></script>'),
  html('image with onerror', '<img src=x onerror=HIT>'),
  html('svg with onload', '<svg onload=HIT>'),
  html('body with onload', '<body onload=HIT>'),
  html('details with ontoggle', '<details open ontoggle=HIT><summary>x</summary></details>'),
  html('input with autofocus', '<input autofocus onfocus=HIT>'),
  html('div with autofocus', '<div tabindex=0 autofocus onfocus=HIT>x</div>'),
  html('mouse over', '<div onmouseover=HIT>x</div>'),
  html('animation event', '<style>@keyframes x{}</style><div style="animation-name:x" onanimationstart=HIT>x</div>'),
  html('popover event', '<button popovertarget=p>x</button><div popover id=p onbeforetoggle=HIT>x</div>'),
  html('video source with onerror', '<video><source src=x onerror=HIT></video>'),
  html('javascript link', '<a href="javascript:HIT">x</a>'),
  html('javascript link with a tab in it', '<a href="java&#9;script:HIT">x</a>'),
  html('javascript link after a control character', '<a href="&#1;javascript:HIT">x</a>'),
  html('javascript link with an entity', '<a href="javascript&colon;HIT">x</a>'),
  html('form to javascript', '<form action="javascript:HIT"><button>x</button></form>'),
  html('button to javascript', '<form><button formaction="javascript:HIT">x</button></form>'),
  html('form to elsewhere', '<form action="TRAP"><button>x</button></form>'),
  html('iframe of javascript', '<iframe src="javascript:HIT"></iframe>'),
  html('iframe with srcdoc', '<iframe srcdoc="<script>HIT</script>"></iframe>'),
  html('iframe of data', '<iframe src="data:text/html,<img src=TRAP>"></iframe>'),
  html('iframe of elsewhere', '<iframe src="TRAP"></iframe>'),
  html('object', '<object data="TRAP" type="text/html"></object>'),
  html('embed', '<embed src="TRAP" type="text/html">'),
  html('meta refresh', '<meta http-equiv=refresh content="0;url=TRAP">'),
  html('base', '<base href="TRAP/"><img src=x>'),
  html('style sheet', '<link rel=stylesheet href="TRAP">'),
  html('import in a style', '<style>@import url("TRAP");</style>'),
  html('background in a style', '<style>body { background: url("TRAP") }</style>'),
  html('style attribute', '<div style="background-image:url(TRAP);height:9px">x</div>'),
  html('style attribute with an image set', `<div style="background:image-set('TRAP' 1x);height:9px">x</div>`),
  html('image from elsewhere', '<img src="TRAP">'),
  html('image set', '<img srcset="TRAP 1x">'),
  html('picture', '<picture><source srcset="TRAP"><img src=x></picture>'),
  html('video poster', '<video poster="TRAP"></video>'),
  html('audio', '<audio src="TRAP" autoplay></audio>'),
  html('image button', '<input type=image src="TRAP">'),
  html('background of a table', '<table background="TRAP"><tr><td>x</td></tr></table>'),
  html('image in svg', '<svg><image href="TRAP" width=9 height=9 /></svg>'),
  html('script in svg', '<svg><script>HIT</script></svg>'),
  html('animation event in svg', '<svg><animate onbegin=HIT attributeName=x dur=1s></svg>'),
  html('foreign object', '<svg><foreignObject><img src=x onerror=HIT></foreignObject></svg>'),
  html('link in svg', '<svg width=90 height=90><a xlink:href="javascript:HIT"><text x=20 y=20>x</text></a></svg>'),
  html('use in svg', '<svg><use href="TRAP#x" /></svg><img src="TRAP">'),
  html('style in svg', '<svg><style><img src=x onerror=HIT></style></svg>'),
  html(
    'annotation in MathML',
    '<math><annotation-xml encoding="text/html"><img src=x onerror=HIT></annotation-xml></math>',
  ),
  html('text in MathML', '<math><mtext><img src=x onerror=HIT></mtext></math>'),
  html('shadow root', '<div><template shadowrootmode=open><img src=x onerror=HIT></template></div>'),
  html('file name as FileLink writes it', `<a href='a.txt' target='_blank'><img src=x onerror=HIT>.txt</a><br>`),
  html('window name', '<a id=clobbered%NUMBER></a><form name=clobbered%NUMBER></form>'),
  html('document property', '<img name=clobbered%NUMBER>'),
  html('cover over the page', '<div style="position:fixed;inset:0;z-index:99" title="cover %NUMBER">x</div>'),
  html('class of the page', '<div class="banner cover%NUMBER">x</div>'),
  mutation('xmp', '<svg><p><style><g title="</style><img src=x onerror=HIT>"></style></svg>'),
  mutation(
    'a nested form',
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=HIT></style></mglyph></form>',
  ),
  mutation('a comment', '<svg><style><!--</style><a title="--><img src=x onerror=HIT>"></svg>'),
];
