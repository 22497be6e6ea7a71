// All that the server answers itself: every route, the OpenAPI document, and the fallback.
import './routes';
import './openapi.json/route';
import './[[...rest]]/route';
