/** Counts a task's time down on the page, tells when it is getting short, and says when it is over. */
import type { Task } from './document.js';
import { TaskClock } from './task-clock.js';

/** Milliseconds; shorter than a second, so that no second is skipped. */
const TICK = 250;

export interface TimeLimitEvents {
  /** `null`: the task has no limit. */
  readonly left: (seconds: number | null) => void;
  readonly warning: (minutes: number) => void;
  readonly over: () => void;
}

export class TimeLimit {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly events: TimeLimitEvents) {}

  /** `used`: seconds that the task has taken on earlier pages. */
  begin(task: Task, used: number): void {
    this.stop();
    if (task.minutes === undefined) {
      this.events.left(null);
      return;
    }
    const clock = new TaskClock(() => performance.now(), task.minutes, used);
    this.events.left(clock.secondsLeft);
    this.timer = setInterval(() => {
      this.tick(clock);
    }, TICK);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(clock: TaskClock): void {
    this.events.left(clock.secondsLeft);
    const warning = clock.warning();
    if (clock.secondsLeft === 0) {
      this.stop();
      this.events.over();
    } else if (warning !== null) {
      this.events.warning(warning);
    }
  }
}
