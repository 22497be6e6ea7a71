// What the server answers by itself: every route, the document, and the answer where there is no route.
import './routes';
import './openapi.json/route';
import './[[...rest]]/route';
