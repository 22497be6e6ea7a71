import { inject, it } from 'vitest';
import { openAt, useBrowser } from './support/browser';
import { codeNow, mailedToken, sql } from './support/people';
import { callApi } from '@/tests/support/api';
import { makeTeam } from './support/product';
const { dataDir, url } = inject('product');
const { newPage } = useBrowser();
const OUT = '/tmp/shots-c';
it('shots', async () => {
  const team = await makeTeam(dataDir, 'Shots', '100.00', 'olive@example.test');
  const variants = [
    ['desk', { viewport: { width: 1280, height: 800 } }],
    ['phone', { viewport: { width: 390, height: 800 } }],
    ['dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' as const }],
  ] as const;
  await callApi(`${url}/api/v1`, 'POST', '/members', { key: team.apiKey, body: { name: 'Till', credit: '50.00' } });
  await newPage({ as: team, url: '/account' });
  for (const [name, options] of variants) {
    const g = await newPage({ ...options });
    for (const path of ['/sign-in', '/forgot']) {
      await openAt(g, path);
      await g.screenshot({ path: `${OUT}/${name}-${path.slice(1)}.png` });
    }
    await g.getByLabel('Email').fill(team.email);
    await g.getByRole('button', { name: 'Mail me a link' }).click();
    await g.getByRole('heading', { name: 'Look into' }).waitFor();
    await g.screenshot({ path: `${OUT}/${name}-forgot-done.png` });
    await openAt(g, `/reset/${await mailedToken(dataDir, team.email, 'reset')}`);
    await g.screenshot({ path: `${OUT}/${name}-reset.png` });
    await openAt(g, `/reset/x`);
    await g.screenshot({ path: `${OUT}/${name}-reset-dead.png` });
    const p = await newPage({ as: team, ...options });
    for (const path of [
      '/account',
      '/account/password',
      '/account/two-factor',
      '/account/sessions',
      '/account/teams',
    ]) {
      await openAt(p, path);
      await p.screenshot({ path: `${OUT}/${name}-${path.slice(1).replaceAll('/', '-')}.png` });
    }
    await sql(dataDir, `UPDATE teams SET ask_again = true WHERE slug = $1`, [team.slug]);
    await sql(dataDir, `UPDATE sessions SET confirmed_at = now() - interval '11 min'`);
    await openAt(p, `/${team.slug}/members`);
    await p.getByRole('button', { name: 'Actions for Till' }).click();
    await p.getByRole('menuitem', { name: 'Reveal key' }).click();
    await p.getByRole('dialog').getByRole('button', { name: 'Reveal key' }).click();
    await p.getByRole('dialog', { name: 'Is it you?' }).waitFor();
    await p.waitForTimeout(300);
    await p.screenshot({ path: `${OUT}/${name}-confirm.png` });
    await openAt(p, '/account/two-factor');
    await p.getByRole('button', { name: 'Turn on' }).click();
    const d = p.getByRole('dialog');
    await d.getByLabel('Your password').fill(team.password);
    await p.keyboard.press('Enter');
    await d.getByTestId('totp-secret').waitFor();
    await p.waitForTimeout(200);
    await p.screenshot({ path: `${OUT}/${name}-qr.png` });
    const secret = await d.getByTestId('totp-secret').innerText();
    await d.getByLabel('The code that the app shows').fill(codeNow(secret));
    await p.keyboard.press('Enter');
    await d.getByRole('list', { name: 'Recovery codes' }).waitFor();
    await p.screenshot({ path: `${OUT}/${name}-codes.png` });
    await d.getByRole('button', { name: 'Copy them' }).click();
    await d.getByRole('button', { name: 'Done' }).click();
    await d.waitFor({ state: 'hidden' });
    await p.screenshot({ path: `${OUT}/${name}-on.png` });
    await openAt(g, '/sign-in');
    await g.getByLabel('Email').fill(team.email);
    await g.getByLabel('Password', { exact: true }).fill(team.password);
    await g.keyboard.press('Enter');
    await g.getByRole('heading', { name: 'One code more' }).waitFor();
    await g.screenshot({ path: `${OUT}/${name}-code.png` });
    await p.getByRole('button', { name: 'Turn off' }).click();
    await d.getByLabel('Password', { exact: true }).fill(team.password);
    await p.keyboard.press('Enter');
    await p.getByRole('button', { name: 'Turn on' }).waitFor();
  }
}, 240_000);
