import { type Price, priceText } from '../../platform/price.js';
import type { InstanceHours } from './instance-hours.js';

export interface Cost {
  readonly hours: string;
  readonly warm: string;
  readonly instances: number;
  readonly running: number;
  /** Null while nobody has finished. */
  readonly hoursEach: string | null;
  /** Null where the team has not said what an hour costs. */
  readonly price: { readonly hour: string; readonly all: string; readonly each: string | null } | null;
}

/** All hours of the study over those who finished: what the others used is part of what a completed one costs. */
export function costOf(
  { hours, warm, instances, running }: InstanceHours,
  finished: number,
  price: Price | undefined,
): Cost {
  const of = (amount: number): string => priceText({ amount, currency: price!.currency });
  return {
    ...{ instances, running, hours: hoursText(hours), warm: hoursText(warm) },
    hoursEach: finished === 0 ? null : hoursText(hours / finished),
    price:
      price === undefined
        ? null
        : {
            hour: of(price.amount),
            all: of(hours * price.amount),
            each: finished === 0 ? null : of((hours * price.amount) / finished),
          },
  };
}

const hoursText = (hours: number): string =>
  `${hours.toLocaleString('en', hours < 10 ? { maximumFractionDigits: 2 } : { maximumFractionDigits: 0 })} h`;
