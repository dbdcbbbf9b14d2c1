import type { Context } from 'koa';
import Router from 'koa-router';
import { join } from '../participants/join.js';
import type { Participant } from '../participants/participant.js';
import { KEPT_SECONDS } from '../participants/presence.js';
import { resumableByPair } from '../participants/pair.js';
import { returnAddress } from '../participants/return-address.js';
import { type StoredStudy, studyOf } from '../participants/study-store.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { formBody } from '../platform/web/body.js';
import { refusal } from '../platform/web/refusal-pages.js';
import { startSession } from '../platform/web/session.js';
import type { Telemetry } from '../platform/web/telemetry.js';
import { recordedInWords } from '../studies/recording.js';
import { allowOtherSources } from '../platform/web/content-policy.js';
import { admit, admitScreened } from './admit.js';
import { arrived, knownAddress } from './arrival.js';
import type { Captcha } from './captcha.js';
import { captchaFor, CaptchaVerdicts } from './captcha-check.js';
import { sawAnotherVersion, tickedBoxes } from './consent-form.js';
import { consentPdf } from './consent-pdf.js';
import { currentParticipant, refuseUnlessJoined } from './entry.js';
import { linkParameters, linkTo } from './offer.js';
import { goBack } from './return.js';
import { answerScreening, askScreening, screenedOut } from './screening.js';
import { show } from './show.js';
import { askWithdrawal, withdraw } from './withdraw.js';
import type { WaitingRoom } from './waiting-room.js';
import { toldOf } from './waiting-routes.js';

export interface Landing {
  readonly database: Database;
  readonly log: Logger;
  readonly secret: string;
  readonly captcha: Captcha | undefined;
  readonly room: WaitingRoom;
  readonly telemetry: Pick<Telemetry, 'captcha' | 'tokenService'>;
  /** Addresses of the notebook page's files: browsers get them while their participants read. */
  readonly notebookFiles: readonly string[];
  /** Asks the manager to look, at once if somebody waits; losing it costs only time. */
  refill(isUrgent: boolean): void;
  /** The token service is told of it, in its own time. */
  tokenUsed(participant: string): void;
}

const HOW_TO_SCRIPT = '/assets/landing/how-to.js';

/** The participant's way in; the original's paths with .php are aliases. */
export function landingRoutes(landing: Landing): Router {
  const router = new Router();
  const verdicts = new CaptchaVerdicts(landing.log, landing.telemetry);
  router.get(['/', '/index.php'], (ctx) => intro(ctx, landing));
  router.get('/screening', (ctx) => askScreening(ctx, landing));
  router.post('/screening', (ctx) => answerScreening(ctx, landing));
  router.get('/screened', (ctx) => screenedOut(ctx, landing.database));
  router.get(['/consent', '/consent.php'], (ctx) => consent(ctx, landing));
  // The second is where the original's researchers kept theirs.
  router.get(['/consent.pdf', '/static/ConsentForm.pdf'], (ctx) => consentPdf(ctx, landing.database));
  router.post(['/howTo', '/howTo.php'], formBody, (ctx) => start(ctx, landing, verdicts));
  router.get(['/howTo', '/howTo.php'], (ctx) => howTo(ctx, landing));
  router.all(['/getAssignedInstance', '/getAssignedInstance.php'], formBody, (ctx) => assignedInstance(ctx, landing));
  router.get('/withdraw', (ctx) => askWithdrawal(ctx, landing.database));
  router.post('/withdraw', formBody, (ctx) => withdraw(ctx, landing.database));
  router.get('/return', (ctx) => goBack(ctx, landing.database));
  router.get('/demo/exit-survey', (ctx: Context) => {
    ctx.body = ctx.state.render('landing/exit-survey.html', { language: 'en', title: 'Thank you' });
  });
  return router;
}

async function intro(ctx: Context, landing: Landing): Promise<void> {
  const admission = await admit(ctx, landing);
  if (admission === undefined) return;
  const { study, offer } = admission;
  const next = study.page.screening === undefined ? '/consent' : '/screening';
  show(ctx, 'landing/intro.html', study, { next: linkTo(next, study, offer) });
}

async function consent(ctx: Context, landing: Landing): Promise<void> {
  const admission = await admitScreened(ctx, landing);
  if (admission === undefined) return;
  const participant = await arrived(ctx, landing, admission);
  showConsent(ctx, landing, admission.study, participant);
}

interface ConsentAgain {
  /** The boxes that were ticked already. */
  readonly ticked?: readonly string[];
  readonly captchaFailed?: boolean;
  /** Whether another version was published since they opened the form. */
  readonly changed?: boolean;
}

function showConsent(
  ctx: Context,
  landing: Landing,
  study: StoredStudy,
  participant: Participant | undefined,
  again: ConsentAgain = {},
): void {
  const widget = captchaFor(landing.captcha, study)?.widget;
  if (widget !== undefined) allowOtherSources(ctx, widget.sources);
  const recorded = recordedInWords(study.page.record, study.language === 'de' ? 'de' : 'en');
  show(ctx, 'landing/consent.html', study, {
    refuseAt: (participant && returnAddress(study, participant, 'noConsent')) ?? null,
    ...{ recorded, captcha: widget ?? null, ticked: [], captchaFailed: false, changed: false, ...again },
    pdf: study.page.texts.consentPdf ? `/consent.pdf?study=${study.id}` : null,
    prefetch: [...landing.notebookFiles, HOW_TO_SCRIPT],
  });
}

async function start(ctx: Context, landing: Landing, verdicts: CaptchaVerdicts): Promise<void> {
  const { database } = landing;
  const admission = await admitScreened(ctx, landing);
  if (admission !== undefined) {
    const { study, offer } = admission;
    if (admission.arrived === undefined && offer.newcomer.identity === undefined) throw refusal('no-consent');
    if (sawAnotherVersion(ctx, study)) return showChanged(ctx, landing);
    const boxes = tickedBoxes(ctx, study);
    // After what costs us nothing, before anybody is stored.
    const captcha = captchaFor(landing.captcha, study);
    if (captcha !== undefined && !(await verdicts.passed(ctx, captcha, admission.arrived?.id))) {
      // Another web process may have let this very form in meanwhile, and then they are sent on.
      const stillOutside = (await admit(ctx, landing)) !== undefined;
      if (stillOutside) showConsent(ctx, landing, study, admission.arrived, { ticked: boxes, captchaFailed: true });
      ctx.status = stillOutside ? 400 : 303;
      return;
    }
    const participant = await arrived(ctx, landing, admission);
    const joined = await join(database, {
      participantId: participant.id,
      studyId: study.id,
      version: study.version,
      address: knownAddress(ctx, landing, study),
      consent: boxes,
    });
    if (joined === 'changed') return showChanged(ctx, landing);
    refuseUnlessJoined(joined);
    // From now on the participant has a place in the line, however the pages go on.
    if (joined === 'joined' && participant.identity?.startsWith('token-service:')) landing.tokenUsed(participant.id);
    // Serves the line: one look for all who join in the same moment.
    const place = await landing.room.ask(participant.id);
    landing.refill(place.state === 'waiting');
    ctx.redirect('/howTo');
  }
  // Whoever reloads the next page sends no form again.
  ctx.status = 303;
}

/** Nobody consents to what they have not read. */
async function showChanged(ctx: Context, landing: Landing): Promise<void> {
  const admission = await admitScreened(ctx, landing);
  if (admission !== undefined) showConsent(ctx, landing, admission.study, admission.arrived, { changed: true });
  ctx.status = admission === undefined ? 303 : 409;
}

async function howTo(ctx: Context, { database, room }: Landing): Promise<void> {
  const participant = await currentParticipant(ctx, database);
  if (participant === undefined || participant.state === 'arrived') {
    ctx.redirect('/');
    return;
  }
  if (participant.state === 'finished') {
    ctx.redirect('/survey');
    return;
  }
  const place = await room.ask(participant.id);
  if (place.state === 'gone') {
    // Told there why.
    ctx.redirect(`/?study=${participant.studyId}`);
    return;
  }
  const study = await studyOf(database, participant);
  show(ctx, 'landing/how-to.html', study, { place: toldOf(place), keptMinutes: KEPT_SECONDS / 60 });
}

/** Plain text as in the original: `nr` not ready, `error`, or the notebook's address. */
async function assignedInstance(ctx: Context, { database, room }: Landing): Promise<void> {
  ctx.type = 'text/plain';
  ctx.set('Cache-Control', 'no-store');
  const participant = (await currentParticipant(ctx, database)) ?? (await byForm(ctx, database));
  const place = participant && (await room.ask(participant.id));
  switch (place?.state) {
    case 'waiting':
      ctx.body = 'nr';
      return;
    case 'ready':
      ctx.body = `/proxy/${place.instance}/`;
      return;
    case 'gone':
    case undefined:
      ctx.status = 403;
      ctx.body = 'error';
  }
}

/** The original's pages asked with their pair; here it gives a session, and stands in no address. */
async function byForm(ctx: Context, database: Database): Promise<Participant | undefined> {
  const { userid, token2 } = linkParameters(ctx);
  const participant = await resumableByPair(database, userid, token2);
  if (participant) startSession(ctx, participant.id);
  return participant;
}
