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

const ofPrograms = purifier({ href: /^(?:https?:\/\/|mailto:)/i, src: /^data:image\//i });
const ofStudies = purifier({ href: /^(?:https?:|mailto:|[/?#]|[^:]*$)/i, src: /^(?:data:image\/|[^:]*$)/i });

/** HTML of a program: links lead out of this page, pictures are in the text itself. */
export function sanitised(html: string): DocumentFragment {
  return ofPrograms.sanitize(html, { ...BASE, ALLOWED_ATTR: ATTRIBUTES });
}

/** HTML of a study's tasks, which may use this page's classes. */
export function sanitisedTask(html: string): DocumentFragment {
  return ofStudies.sanitize(html, { ...BASE, ALLOWED_ATTR: [...ATTRIBUTES, 'class'] });
}

/** Typeset mathematics. */
export function sanitisedMath(math: Node): DocumentFragment {
  return ofPrograms.sanitize(math, {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { mathMl: true },
    ADD_TAGS: ['semantics'],
    FORBID_CONTENTS: ['annotation'],
    FORBID_ATTR: ['href', 'xlink:href', 'id', 'name'],
  });
}

/** A purifier in which addresses are also of the given form. */
function purifier(addresses: Readonly<Record<string, RegExp>>): typeof DOMPurify {
  const made = DOMPurify(window);
  const styles = new WeakMap<Element, string>();
  made.addHook('beforeSanitizeElements', (node) => {
    if (!(node instanceof SVGSVGElement)) return;
    node.parentNode?.replaceChild(svgPicture(new XMLSerializer().serializeToString(node), ''), node);
  });
  made.addHook('uponSanitizeAttribute', (node, event) => {
    const form = addresses[event.attrName];
    if (form && !form.test(event.attrValue.trim())) event.keepAttr = false;
    if (event.attrName === 'style') styles.set(node, event.attrValue);
  });
  made.addHook('afterSanitizeAttributes', (node) => {
    const style = styles.get(node);
    // By script: the page's policy forbids style attributes in HTML.
    if (style !== undefined && node instanceof HTMLElement) harmlessStyle(node, style);
    if (!(node instanceof HTMLAnchorElement)) return;
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer');
  });
  return made;
}
