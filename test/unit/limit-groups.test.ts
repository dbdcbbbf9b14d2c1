import assert from 'node:assert/strict';
import { defaultLimits, limitGroup, parseLimits } from '../../src/platform/web/limit-groups.js';

describe('limits of requests', () => {
  it('know each route by what it is for, in the spellings that the router takes', () => {
    const groups: Readonly<Record<string, string>> = {
      'GET /': 'pages',
      'GET /consent.php': 'pages',
      'POST /howTo.php': 'posts',
      'POST /getAssignedInstance.php': 'polling',
      'GET /GETASSIGNEDINSTANCE/': 'polling',
      'GET /waiting/events': 'polling',
      'GET /proxy/0123456789ab/': 'pages',
      'GET /proxy/0123456789ab/place': 'polling',
      'POST /proxy/0123456789ab/events': 'events',
      'POST /Proxy/0123456789ab/Events/': 'events',
      'POST /proxy/0123456789ab/heartbeat': 'heartbeat',
      'POST /proxy/0123456789ab/finish': 'posts',
      'GET /heartbeat.php': 'heartbeat',
      'POST /submit': 'scripts',
      'POST /proxy/0123456789ab/submit': 'scripts',
      'GET /getcode': 'scripts',
      'GET /survey/abc/def': 'scripts',
      'GET /survey': 'pages',
      'GET /assets/landing/landing.css': 'assets',
      'PUT /nowhere': 'posts',
      'GET /control/api/v1/studies': 'api',
      'POST /control/api/v1/studies/a/state': 'api',
      'GET /control/apis': 'pages',
      'GET /nowhere': 'pages',
      'GET //': 'pages',
    };
    for (const [route, group] of Object.entries(groups)) {
      const [method, path] = route.split(' ') as [string, string];
      assert.equal(limitGroup(method, path), group, route);
    }
  });

  it('are changed one by one', () => {
    assert.deepEqual(parseLimits(''), defaultLimits);
    assert.deepEqual(parseLimits(' pages = 5/8 , gate=7,events=9'), {
      ...defaultLimits,
      pages: { session: 5, address: 8 },
      gate: { session: 7, address: Infinity },
      events: { session: 9, address: 1_200 },
    });
    for (const bad of [
      'pages',
      'pages=',
      'pages=0',
      'pages=-1',
      'pages=1/0',
      'nothing=5',
      'constructor=5',
      'pages=5/8/9',
      'pages=1e3',
    ]) {
      assert.equal(parseLimits(bad), undefined, bad);
    }
  });
});
