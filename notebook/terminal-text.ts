/** What a terminal would show: a carriage return starts the line again, a backspace takes a character back (free of the DOM). */
export function terminalText(text: string): string {
  if (!/[\r\b]/.test(text)) return text;
  return text.replaceAll('\r\n', '\n').split('\n').map(terminalLine).join('\n');
}

function terminalLine(line: string): string {
  let shown = '';
  for (const [index, part] of line.split('\r').entries()) {
    const written = eraseBackspaced(part);
    shown = index === 0 ? written : written + shown.slice(written.length);
  }
  return shown;
}

function eraseBackspaced(part: string): string {
  if (!part.includes('\b')) return part;
  const kept: string[] = [];
  for (const character of part) {
    if (character === '\b') kept.pop();
    else kept.push(character);
  }
  return kept.join('');
}
