import { openApiDocument } from '@/server/http/openapi';
import { openDocument } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = openDocument('/openapi.json', openApiDocument);
