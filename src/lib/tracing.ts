import { type Context, context, propagation, type Span, SpanStatusCode, trace } from '@opentelemetry/api'

const tracer = trace.getTracer('presswire')

/**
 * Starts exporting traces over OTLP/HTTP. Called only where OpenTelemetry's usual variables name a collector; the exporter
 * reads the rest of them (headers, time-outs) itself. Resolves to what flushes and stops it.
 */
export const startTracing = async (version: string): Promise<() => Promise<void>> => {
  const [{ AsyncLocalStorageContextManager }, { W3CTraceContextPropagator }, exporter, resources, sdk] =
    await Promise.all([
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
    ])
  const named = resources.resourceFromAttributes({ 'service.name': 'presswire', 'service.version': version })
  const fromEnvironment = resources.detectResources({ detectors: [resources.envDetector] })
  const provider = new sdk.TracerProvider({
    // What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say wins.
    resource: named.merge(fromEnvironment),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new exporter.OTLPTraceExporter() })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return async () => {
    await provider.shutdown()
    trace.disable()
    propagation.disable()
    context.disable()
  }
}

type Attributes = Record<string, string | number | boolean>

/** Runs work in a span, a child of the current one. Without tracing it costs a function call. */
export const inSpan = <T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
  parent?: Context,
): Promise<T> =>
  tracer.startActiveSpan(name, { attributes }, parent ?? context.active(), async (span) => {
    try {
      return await work(span)
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message })
      throw error
    } finally {
      span.end()
    }
  })

/** The trace that a caller's `traceparent` header names, as the parent of a span. */
export const traceOf = (headers: Record<string, string | string[] | undefined>): Context =>
  propagation.extract(context.active(), headers)
