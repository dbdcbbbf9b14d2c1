/** A participant as a state machine: the way through a study, left, repeated or disturbed as the behaviour says. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type BotEvent, type Recorded, StoppedError } from './bot-outbox.js';
import { BotPage } from './bot-page.js';
import { formsOf } from './forms.js';
import { attack } from './hostile.js';
import type { Behaviour, LeavingStep, Mix } from './mix.js';
import type { Tally } from './tally.js';
import { causeOf, Traveller } from './traveller.js';
import { consent, readConsent, readIntro, sendAnswers, waitForNotebook, type WayParts } from './way-in.js';

export type Outcome = 'finished' | 'left' | 'failed';

export interface Played {
  readonly behaviour: Behaviour;
  readonly leftAt: LeavingStep | undefined;
  readonly outcome: Outcome;
  /** Of who failed. */
  readonly error: string | undefined;
  /** Where they got to last. */
  readonly step: LeavingStep;
  readonly participant: string | undefined;
  readonly instances: readonly string[];
  readonly recorded: Recorded;
  /** Milliseconds from the start of the run. */
  readonly arrivedAt: number;
  readonly endedAt: number;
}

export interface BotParts {
  readonly publicUrl: string;
  readonly studyId: string;
  readonly behaviour: Behaviour;
  /** Where a dropout leaves. */
  readonly leaveAt: LeavingStep | undefined;
  readonly mix: Mix;
  readonly tally: Tally;
  readonly random: () => number;
  /** Of the whole run, milliseconds. */
  readonly now: () => number;
  /** Instances of other bots. */
  readonly others: () => readonly string[];
  readonly onStep: (step: LeavingStep) => void;
}

const WAIT_PATIENCE_MS = 15 * 60_000;

/** The bot has left on purpose. */
class LeftError extends Error {}

export class Bot {
  readonly recorded: Recorded = { events: [], sent: new Set(), acknowledged: new Set() };
  readonly instances: string[] = [];
  private readonly who: Traveller;
  private readonly way: WayParts;
  private step: LeavingStep = 'intro';
  private participant: string | undefined;
  private page: BotPage | undefined;

  constructor(private readonly parts: BotParts) {
    const { publicUrl, tally, random, behaviour, mix } = parts;
    this.who = new Traveller(publicUrl, tally);
    if (behaviour === 'slow') this.who.latencyMs = mix.latencySeconds * 1000;
    this.way = { who: this.who, tally, random, impatient: behaviour === 'double-clicks' };
  }

  /** Never rejects: what went wrong is part of what is told. */
  async play(): Promise<Played> {
    const { now, tally, behaviour, leaveAt } = this.parts;
    const arrivedAt = now();
    let outcome: Outcome = 'finished';
    let error: string | undefined;
    try {
      await this.takePart();
    } catch (failure) {
      outcome = failure instanceof LeftError ? 'left' : 'failed';
      if (outcome === 'failed') {
        error = causeOf(failure);
        tally.error('bot failed', `${this.step}: ${error}`);
      }
    }
    await this.page?.close();
    const { step, participant, instances, recorded } = this;
    return {
      ...{ behaviour, leftAt: leaveAt, outcome, error, step },
      participant,
      instances,
      recorded,
      arrivedAt,
      endedAt: now(),
    };
  }

  private async takePart(): Promise<void> {
    const { tally, studyId } = this.parts;
    const since = performance.now();
    const next = await readIntro(this.way, studyId);
    this.at('intro');
    await this.pause();
    const form = await readConsent(this.way, next);
    this.at('consent');
    await this.pause();
    await consent(this.way, form);
    this.at('waiting');
    const path = await waitForNotebook(this.way, WAIT_PATIENCE_MS);
    await this.pause();
    await this.open(path);
    this.at('notebook');
    await this.work();
    this.at('finish');
    const survey = await this.page!.finish(this.way.impatient);
    tally.time('whole visit', performance.now() - since);
    await this.page!.close();
    await this.answerSurvey(survey);
    this.step = 'survey';
  }

  /** Reached; whoever leaves here is gone, as a closed tab is. */
  private at(step: LeavingStep): void {
    this.step = step;
    this.parts.onStep(step);
    if (this.parts.leaveAt === step) throw new LeftError(step);
  }

  private async open(path: string, waiting: readonly BotEvent[] = []): Promise<void> {
    const { tally } = this.parts;
    const since = performance.now();
    this.page = await BotPage.open({ who: this.who, tally, recorded: this.recorded }, path, waiting);
    this.participant = this.page.participant;
    this.note();
    await this.page.start();
    this.note();
    tally.time('notebook ready', performance.now() - since);
  }

  private note(): void {
    const { instance } = this.page!;
    if (this.instances.at(-1) !== instance) this.instances.push(instance);
  }

  /** All tasks; what the behaviour is about happens in the middle. */
  private async work(): Promise<void> {
    let middle = true;
    for (;;) {
      for (const { id } of this.page!.codeCells) {
        await this.pause();
        const cell = this.page!.codeCells.find((own) => own.id === id)!;
        this.page!.type(cell, `\n# bot ${this.parts.behaviour}`);
        if (cell.runnable) await this.page!.run(cell);
        this.note();
        if (middle) {
          middle = false;
          this.at('task');
          await this.disturb();
        }
      }
      await this.pause();
      if (this.page!.isLast) return;
      this.page!.advance();
    }
  }

  private async disturb(): Promise<void> {
    const { behaviour, mix } = this.parts;
    switch (behaviour) {
      case 'reload':
        await this.reload();
        break;
      case 'two-tabs':
        await this.secondTab();
        break;
      case 'offline':
        await this.goOffline(mix.offlineSeconds * 1000);
        break;
      case 'never-returns':
        throw new LeftError('never returns');
      case 'hostile':
        await attack({ ...this.parts, who: this.who, own: this.page!.instance });
        break;
      case 'steady':
      case 'slow':
      case 'double-clicks':
      case 'dropout':
    }
  }

  /** In the middle of typing: what was not sent yet goes on in the next page. */
  private async reload(): Promise<void> {
    const [cell] = this.page!.codeCells;
    if (cell !== undefined) this.page!.type(cell, '  # and a reload');
    const waiting = await this.page!.close();
    await this.open(`/proxy/${this.page!.instance}/`, waiting);
  }

  /** On another device, where the older page does not hear of it: what that records from then on is kept apart. */
  private async secondTab(): Promise<void> {
    const older = this.page!;
    await older.flush();
    await this.open(`/proxy/${older.instance}/`);
    await this.page!.flush();
    const [cell] = older.codeCells;
    if (cell !== undefined) older.type(cell, '  # in the older tab');
    await older.flush().catch((error: unknown) => {
      if (!(error instanceof StoppedError && error.why === 'other-page')) throw error;
    });
    await older.close();
  }

  private async goOffline(milliseconds: number): Promise<void> {
    this.who.isOffline = true;
    this.page!.disconnect();
    const [cell] = this.page!.codeCells;
    if (cell !== undefined) this.page!.type(cell, '  # while offline');
    await sleep(milliseconds);
    if (cell !== undefined) this.page!.type(cell, '!');
    this.who.isOffline = false;
  }

  private async answerSurvey(next: string): Promise<void> {
    const { who } = this;
    const answer = await who.ask('way to the survey', next);
    const target = new URL(answer.headers.get('location') ?? next, who.publicUrl);
    // A survey elsewhere is not ours to fill.
    if (target.origin !== new URL(who.publicUrl).origin) return;
    const address = target.pathname + target.search;
    const page = await who.page('exit survey', address);
    this.at('survey');
    const [form] = formsOf(page);
    if (form === undefined) return;
    await this.pause();
    await who.page('thanks', await sendAnswers(this.way, 'survey answers', form));
  }

  private pause(): Promise<void> {
    const [from, to] = this.parts.mix.pauseSeconds;
    return sleep((from + this.parts.random() * (to - from)) * 1000);
  }
}
