/** Slider, buttons and marks of the replay. */
import { element } from './dom.js';
import { countBelow, type ReplayView } from './replay-view.js';
import type { Mark } from './replay-marks.js';
import type { Timeline } from './replay-timeline.js';

/** Of a pause, this much is played where idle time is skipped, milliseconds. */
const LONGEST_IDLE = 2_000;
const MOST_LISTED = 1_000;
const SVG = 'http://www.w3.org/2000/svg';
/** Where a kind of mark stands in the strip, and how it looks. */
const shapes: Readonly<Record<Mark['kind'], { readonly y: number; readonly height: number; readonly width: number }>> =
  {
    task: { y: 0, height: 24, width: 2 },
    run: { y: 2, height: 8, width: 3 },
    paste: { y: 12, height: 8, width: 3 },
    lost: { y: 0, height: 24, width: 4 },
  };

export class Player {
  private times: readonly number[] = [];
  private position = 0;
  private end = -1;
  private playing = false;
  private frame = 0;
  private readonly slider = part<HTMLInputElement>('slider');
  private readonly play = part<HTMLButtonElement>('play');
  private readonly speed = part<HTMLSelectElement>('speed');
  private readonly idle = part<HTMLInputElement>('idle');
  private readonly following = part<HTMLInputElement>('follow');

  constructor(
    private readonly timeline: Timeline,
    private readonly view: ReplayView,
    private readonly marks: readonly Mark[],
  ) {
    this.slider.addEventListener('input', () => {
      this.goTo(Number(this.slider.value));
    });
    this.play.addEventListener('click', () => {
      this.setPlaying(!this.playing);
    });
    this.idle.addEventListener('change', () => {
      this.measure();
    });
    this.on('back', () => this.step(-1));
    this.on('forward', () => this.step(1));
    this.on('mark-back', () => this.toMark(this.marks.findLast(({ moment }) => moment + 1 < this.end)));
    this.on('mark-forward', () => this.toMark(this.marks.find(({ moment }) => moment + 1 > this.end)));
    this.list();
    this.measure();
  }

  /** After the first `end` moments. */
  goToMoment(end: number): void {
    this.goTo(end === 0 ? 0 : this.times[Math.min(end, this.times.length) - 1]!, end);
  }

  private on(test: string, press: () => void): void {
    part(test).addEventListener('click', press);
  }

  private step(by: number): void {
    this.setPlaying(false);
    this.goToMoment(Math.min(Math.max(this.end + by, 0), this.times.length));
  }

  private toMark(mark: Mark | undefined): void {
    if (mark === undefined) return;
    this.setPlaying(false);
    this.goToMoment(mark.moment + 1);
    part('told').textContent = mark.text;
  }

  /** Times with or without idle time; the place in the record stays. */
  private measure(): void {
    const end = Math.max(this.end, 0);
    this.times = this.timeline.times(this.idle.checked ? LONGEST_IDLE : Infinity);
    // Arrow keys go by this.
    this.slider.step = this.total > 60_000 ? '1000' : '100';
    this.slider.max = String(Math.ceil(this.total / Number(this.slider.step)) * Number(this.slider.step));
    this.drawMarks();
    this.goToMoment(end);
  }

  private get total(): number {
    return this.times.at(-1) ?? 0;
  }

  private goTo(position: number, end = countBelow(this.times, position + 0.001)): void {
    this.position = Math.min(position, this.total);
    this.slider.value = String(this.position);
    const text = `${clockText(this.position)} of ${clockText(this.total)}`;
    this.slider.setAttribute('aria-valuetext', text);
    const at = this.timeline.moments[end - 1]?.event.at;
    part('time').textContent = at === undefined ? text : `${text} · ${at.slice(0, 19).replace('T', ' ')} UTC`;
    if (end === this.end) return;
    this.end = end;
    this.view.show(end);
    if (this.following.checked) this.view.follow(end);
  }

  private setPlaying(playing: boolean): void {
    if (playing && this.end >= this.times.length) this.goTo(0);
    this.playing = playing;
    this.play.textContent = playing ? 'Pause' : 'Play';
    cancelAnimationFrame(this.frame);
    if (playing) this.go(performance.now());
  }

  private go(before: number): void {
    this.frame = requestAnimationFrame((now) => {
      this.goTo(this.position + Math.max(0, now - before) * Number(this.speed.value));
      if (this.end >= this.times.length) this.setPlaying(false);
      else this.go(now);
    });
  }

  private drawMarks(): void {
    const strip = part('marks');
    const scale = (moment: number): number => (this.total === 0 ? 0 : (this.times[moment]! / this.total) * 1000);
    strip.replaceChildren(
      ...this.marks.map(({ kind, moment }) => {
        const { y, height, width } = shapes[kind];
        const rect = document.createElementNS(SVG, 'rect');
        const attributes = { x: scale(moment) - width / 2, y, width, height, class: `mark-${kind}` };
        for (const [name, value] of Object.entries(attributes)) rect.setAttribute(name, String(value));
        return rect;
      }),
    );
  }

  private list(): void {
    const items = this.marks.slice(0, MOST_LISTED).map((mark) => {
      const go = element('button', { type: 'button', class: 'plain' }, mark.text);
      go.addEventListener('click', () => {
        this.toMark(mark);
      });
      return element('li', {}, go);
    });
    part('moments').replaceChildren(...items);
  }
}

export function part<Kind extends Element = HTMLElement>(test: string): Kind {
  const found = document.querySelector<Kind>(`[data-test=${test}]`);
  if (!found) throw new Error(`the page has no ${test}`);
  return found;
}

function clockText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
