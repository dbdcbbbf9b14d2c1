/** What something costs. */
export interface Price {
  readonly amount: number;
  /** ISO 4217, such as EUR. */
  readonly currency: string;
}

/** Such as "0.012 EUR"; undefined for anything else. */
export function parsePrice(text: string): Price | undefined {
  const [, amount, currency] = /^(\d{1,9}(?:\.\d{1,9})?) ([A-Z]{3})$/.exec(text.trim()) ?? [];
  if (amount === undefined || currency === undefined || !Intl.supportedValuesOf('currency').includes(currency))
    return undefined;
  return { amount: Number(amount), currency };
}

/** Small amounts with as many digits as tell something. */
export function priceText({ amount, currency }: Price): string {
  const digits =
    amount > 0 && amount < 1 ? { maximumFractionDigits: Math.min(12, 2 - Math.floor(Math.log10(amount))) } : {};
  return new Intl.NumberFormat('en', { style: 'currency', currency, ...digits }).format(amount);
}
