/** Pictures of programs, as images with their bytes in the address: scripts in an SVG do not run there, and it loads nothing. */
import { element } from './dom.js';

const BASE64_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
const SVG = 'image/svg+xml';
export const PICTURE_TYPES = [...BASE64_TYPES, SVG] as const;
export type PictureType = (typeof PICTURE_TYPES)[number];

export function picture(type: PictureType, content: string, alt: string): HTMLImageElement {
  if (type === SVG) return svgPicture(content, alt);
  return image(`data:${type};base64,${content.replace(/[^A-Za-z0-9+/=]/g, '')}`, alt);
}

export function svgPicture(svg: string, alt: string): HTMLImageElement {
  // As HTML shows it, but no image without.
  const whole = /<svg[^>]*\sxmlns=/i.test(svg) ? svg : svg.replace(/<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
  return image(`data:${SVG},${encodeURIComponent(whole.toWellFormed())}`, alt);
}

function image(src: string, alt: string): HTMLImageElement {
  return element('img', { src, alt });
}

/** The size at which the program wants its picture shown. */
export function setSize(shown: HTMLImageElement, { width, height }: Readonly<Record<string, unknown>>): void {
  if (isSize(width)) shown.width = width;
  if (isSize(height)) shown.height = height;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= 10_000;
}
