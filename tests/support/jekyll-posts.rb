# Prints, for each folder named on standard input, the files of the posts that Jekyll builds: one JSON list a line.
require 'jekyll'
require 'json'

Jekyll.logger.log_level = :error
$stderr.reopen(File::NULL)
$stdin.each_line(chomp: true) do |folder|
  begin
    file = %w(yml yaml toml).map { |ext| File.join(folder, "_config.#{ext}") }.find { |path| File.exist?(path) }
    written = file ? Jekyll::Configuration.new.safe_load_file(file) : {}
    config = Jekyll.configuration(
      'quiet' => true, 'config' => file && [file], 'disable_disk_cache' => true,
      'source' => File.expand_path(written['source'] || '.', folder),
      'destination' => File.expand_path(written['destination'] || '_site', folder)
    )
    site = Jekyll::Site.new(config)
    site.reset
    site.read
    puts site.posts.docs.map { |doc| doc.path.delete_prefix("#{folder}/") }.sort.to_json
  rescue StandardError, Jekyll::Errors::FatalException => error
    puts({ error: error.message }.to_json)
  end
  $stdout.flush
end
