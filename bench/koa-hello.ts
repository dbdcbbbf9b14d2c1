/** The least that Koa does: what the gate is measured against. */
import Koa from 'koa';

const app = new Koa();
app.use((ctx) => {
  ctx.body = 'hello';
});
app.listen(Number(process.argv[2]), '127.0.0.1');
