/** The part of a style attribute that dresses text and tables, and can neither move things over the page nor load anything. */
const PROPERTIES = [
  ...['color', 'background-color', 'font-weight', 'font-style', 'font-size', 'text-align', 'vertical-align'],
  ...['text-decoration-line', 'white-space', 'width', 'height', 'max-width', 'padding', 'border', 'border-collapse'],
];
const LOADS = /url|image|attr|var|env|element|\\/i;

export function harmlessStyle(target: HTMLElement, style: string): void {
  const read = document.createElement('span').style;
  read.cssText = style;
  for (const property of PROPERTIES) {
    const value = read.getPropertyValue(property);
    if (value !== '' && !LOADS.test(value)) target.style.setProperty(property, value);
  }
}
