/** Makes an element with attributes and children. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A button; `test` is the name by which tests and bots find it. */
export function button(label: string, test: string, kind: string, press: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', class: `button ${kind}`, 'data-test': test }, label);
  made.addEventListener('click', press);
  return made;
}
