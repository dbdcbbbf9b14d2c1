import assert from 'node:assert/strict';
import { costOf } from '../../src/control/study/cost-view.js';
import { parsePrice } from '../../src/platform/price.js';
import { readSome, SettingsError } from '../../src/platform/settings.js';

describe('what an instance hour costs', () => {
  it('is an amount and a currency, and nothing else', () => {
    assert.deepEqual(parsePrice('0.012 EUR'), { amount: 0.012, currency: 'EUR' });
    assert.deepEqual(parsePrice('3 JPY'), { amount: 3, currency: 'JPY' });
    for (const wrong of ['', '0.012', 'EUR', '0.012EUR', '-1 EUR', '1e9 EUR', '1 XQX', '1 eur', '0,012 EUR'])
      assert.equal(parsePrice(wrong), undefined, wrong);
    const environment = { OBSERVATORY_INSTANCE_HOUR_COST: 'cheap' };
    assert.throws(
      () => readSome(environment, ['OBSERVATORY_INSTANCE_HOUR_COST']),
      (error: SettingsError) => /"cheap"; expected an amount and a currency, such as 0.012 EUR/.test(error.message),
    );
  });

  it('comes with those who finished, and with all hours', () => {
    const hours = { instances: 7, running: 1, hours: 12, warm: 2.25 };
    const cost = costOf(hours, 5, { amount: 0.5, currency: 'EUR' });
    assert.deepEqual(cost, {
      ...{ instances: 7, running: 1, hours: '12 h', warm: '2.25 h', hoursEach: '2.4 h' },
      price: { hour: '€0.50', all: '€6.00', each: '€1.20' },
    });
    assert.deepEqual(costOf(hours, 0, undefined), { ...cost, hoursEach: null, price: null });
    assert.equal(costOf(hours, 0, { amount: 0.5, currency: 'EUR' }).price?.each, null);
    assert.equal(costOf(hours, 5, { amount: 0.012, currency: 'USD' }).price?.each, '$0.0288');
  });
});
