/** The only way by which HTML of a study or a program gets into this page. What is not named here is left out. */
import DOMPurify, { type Config } from 'dompurify';
import { harmlessStyle } from './harmless-style.js';
import { svgPicture } from './picture.js';

const TAGS = [
  ...['a', 'abbr', 'b', 'blockquote', 'br', 'center', 'cite', 'code', 'dd', 'del', 'details', 'dfn', 'div', 'dl', 'dt'],
  ...['em', 'figcaption', 'figure', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img', 'ins', 'kbd', 'li', 'mark'],
  ...['meter', 'ol', 'p', 'pre', 'progress', 'q', 's', 'samp', 'small', 'span', 'strong', 'sub', 'summary', 'sup'],
  ...['caption', 'col', 'colgroup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'tt', 'u', 'ul', 'var'],
];
const ATTRIBUTES = [
  ...['align', 'alt', 'colspan', 'data-math', 'dir', 'headers', 'height', 'href', 'lang', 'low', 'max', 'min', 'open'],
  ...['rowspan', 'scope', 'span', 'src', 'start', 'title', 'valign', 'value', 'width'],
];
const BASE = {
  RETURN_DOM_FRAGMENT: true,
  ALLOWED_TAGS: [...TAGS, '#text'],
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
} as const satisfies Config;

/** Which addresses may stand in which attribute, beyond what the purifier allows at all. */
type Addresses = Readonly<Record<string, RegExp>>;
const OF_PROGRAMS: Addresses = { href: /^(?:https?:\/\/|mailto:)/i, src: /^data:image\//i };
const OF_STUDIES: Addresses = {
  href: /^(?:https?:|mailto:|[^:]*$)/i,
  src: /^(?:data:image\/|[^:]*$)/i,
};

// One for all: the page's policy lets only one thing make HTML of text, once.
const purifier = DOMPurify(window);
let addresses = OF_PROGRAMS;
const styles = new WeakMap<Element, string>();

/** HTML of a program: links lead out of this page, pictures are in the text itself. */
export function sanitised(html: string): DocumentFragment {
  addresses = OF_PROGRAMS;
  return purifier.sanitize(html, { ...BASE, ALLOWED_ATTR: ATTRIBUTES });
}

/** HTML of a study's tasks, which may use this page's classes. */
export function sanitisedTask(html: string): DocumentFragment {
  addresses = OF_STUDIES;
  return purifier.sanitize(html, { ...BASE, ALLOWED_ATTR: [...ATTRIBUTES, 'class'] });
}

/** Typeset mathematics. */
export function sanitisedMath(math: Node): DocumentFragment {
  addresses = OF_PROGRAMS;
  return purifier.sanitize(math, {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { mathMl: true },
    ADD_TAGS: ['semantics'],
    FORBID_CONTENTS: ['annotation'],
    FORBID_ATTR: ['href', 'xlink:href', 'id', 'name', 'style'],
  });
}

purifier.addHook('beforeSanitizeElements', (node) => {
  if (!(node instanceof SVGSVGElement)) return;
  node.parentNode?.replaceChild(svgPicture(new XMLSerializer().serializeToString(node), ''), node);
});

purifier.addHook('uponSanitizeAttribute', (node, event) => {
  const form = addresses[event.attrName];
  if (form && !form.test(event.attrValue.trim())) event.keepAttr = false;
  if (event.attrName === 'style') styles.set(node, event.attrValue);
});

purifier.addHook('afterSanitizeAttributes', (node) => {
  const style = styles.get(node);
  // By script: the page's policy forbids style attributes in HTML.
  if (style !== undefined && node instanceof HTMLElement) harmlessStyle(node, style);
  if (!(node instanceof HTMLAnchorElement)) return;
  node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer');
});
