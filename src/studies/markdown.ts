/** Markdown of the landing pages as HTML. HTML inside the Markdown is shown as text, never passed on. */
import MarkdownIt from 'markdown-it';

const renderer = new MarkdownIt({ html: false, linkify: true, typographer: false });

// A participant who follows a link must not lose the page on which they are about to consent.
renderer.core.ruler.push('links-in-a-new-tab', (state) => {
  for (const token of state.tokens.flatMap((block) => block.children ?? [])) {
    if (token.type !== 'link_open' || !/^https?:/i.test(String(token.attrGet('href')))) continue;
    token.attrSet('target', '_blank');
    token.attrSet('rel', 'noopener noreferrer');
  }
});

export function renderMarkdown(source: string): string {
  return renderer.render(source);
}
